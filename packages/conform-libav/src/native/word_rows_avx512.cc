#include "lanes_avx512.h"
#include "word_rows_kernels.h"

namespace retrovue::conform {

const WordPasses avx512WordPasses = wordPassesFor<Lanes4>();

}  // namespace retrovue::conform
