#pragma once
#include <string_view>

namespace retrovue::libav {

/// Whether a stream's language is the one that is asked for. Either may be ISO 639-1 ("de"), 639-2 in both of its kinds ("deu",
/// "ger") or a tag by BCP 47 whose region says nothing here ("de-AT", "de_AT"), in capitals or not; a container may name several,
/// with commas between them. Codes that the register has no short form of count as they are.
///
/// @param asked one language, as it is configured
/// @param given as libav reads it from the container
bool isLanguage(std::string_view asked, std::string_view given);

}  // namespace retrovue::libav
