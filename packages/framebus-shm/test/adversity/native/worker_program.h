#pragma once
#include <cstdint>
#include <string>

namespace retrovue::framebus::adversity {

/// A worker that hands over one tick, with a mark before the part `from` (loan, words or submit) and one at
/// the end, and then prints why it was refused: 0 if it was not.
int workerProgram(const std::string& control, const std::string& lane, std::uint32_t number,
                  std::int64_t tick, const std::string& from);

/// A worker gone wild: from its mark on it stores anything anywhere in its lane and in the pictures, until it
/// is killed.
int wildProgram(const std::string& control, const std::string& lane, std::uint32_t number,
                std::uint64_t seed);

}  // namespace retrovue::framebus::adversity
