#include "byte_rows_kernels.h"
#include "lanes_avx2.h"

namespace retrovue::conform {

const RowPasses avx2Passes = passesFor<Lanes2>();

}  // namespace retrovue::conform
