#include "byte_rows_kernels.h"
#include "lanes_avx512.h"

namespace retrovue::conform {

const RowPasses avx512Passes = passesFor<Lanes4>();

}  // namespace retrovue::conform
