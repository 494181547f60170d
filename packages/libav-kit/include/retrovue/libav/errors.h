#pragma once
#include <retrovue/expected.h>

#include <string>

namespace retrovue::libav {

/// libav's words for one of its error numbers.
std::string errorText(int error);

/// A libav call that failed, as one of the engine's codes: memory and bounds are `LimitExceeded`, an
/// interrupt is `Cancelled`, a passed deadline `Timeout`, a missing decoder or demuxer `UnsupportedMedia`,
/// the rest `fallback`.
/// @param what what was being done, as "Reading a packet"
Failure libavFailure(int error, const std::string& what, const char* fallback = "DecodeFailed");

}  // namespace retrovue::libav
