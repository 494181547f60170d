#pragma once

// One build for all machines: a function with RETROVUE_VECTORS exists twice, and the loader takes the one that the processor
// can run. What it calls must be RETROVUE_INLINE to be part of both. Sanitizers do not bear such functions, and other
// compilers name them otherwise.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define RETROVUE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define RETROVUE_VECTORS
#endif
#define RETROVUE_INLINE inline __attribute__((always_inline))
