#pragma once
#include <cstddef>

namespace retrovue::renderer::test {

/// How often this thread has asked `operator new` for memory. What libav allocates is not among it.
std::size_t allocations();

}  // namespace retrovue::renderer::test
