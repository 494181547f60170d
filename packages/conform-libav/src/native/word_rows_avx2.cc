#include "lanes_avx2.h"
#include "word_rows_kernels.h"

namespace retrovue::conform {

const WordPasses avx2WordPasses = wordPassesFor<Lanes2>();

}  // namespace retrovue::conform
