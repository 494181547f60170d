#include "arguments.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace retrovue::sandbox {

namespace {

std::optional<PathUse> pathUse(std::string_view name) {
  if (name == "--read") return PathUse::read;
  if (name == "--run") return PathUse::run;
  if (name == "--write") return PathUse::write;
  if (name == "--make") return PathUse::make;
  return std::nullopt;
}

template <class Number>
bool readNumber(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size();
}

bool takeFlag(std::string_view name, Arguments& into) {
  if (name == "--network")
    into.confinement.network = true;
  else if (name == "--programs")
    into.confinement.programs = true;
  else if (name == "--realtime")
    into.confinement.realtime = true;
  else if (name == "--required")
    into.isRequired = true;
  else if (name == "--probe")
    into.isProbe = true;
  else
    return false;
  return true;
}

bool takeValue(std::string_view name, const char* value, Arguments& into) {
  if (const auto use = pathUse(name)) {
    into.confinement.grants.push_back({value, *use});
    return true;
  }
  if (name == "--descriptors") return readNumber(value, into.confinement.descriptors);
  if (name == "--memory") return readNumber(value, into.confinement.memoryBytes);
  if (name == "--without") return into.confinement.without.insert(value).second;
  return false;
}

}  // namespace

Expected<Arguments> Arguments::read(int argc, char** argv) {
  Arguments read;
  int at = 1;
  for (; at < argc && std::strcmp(argv[at], "--") != 0; ++at) {
    if (takeFlag(argv[at], read)) continue;
    if (at + 1 < argc && takeValue(argv[at], argv[at + 1], read)) {
      ++at;
      continue;
    }
    return Failure{"InvalidArgument", std::string(argv[at]) + " is not understood."};
  }
  for (++at; at < argc; ++at) read.program.push_back(argv[at]);
  if (read.program.empty()) return Failure{"InvalidArgument", "Name a program after --."};
  read.program.push_back(nullptr);
  return read;
}

}  // namespace retrovue::sandbox
