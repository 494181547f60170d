#include "damaged_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>

namespace retrovue::fuzz {

namespace {

template <class Number>
bool readNumber(std::string_view text, Number& into, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
  return error == std::errc() && end == text.data() + text.size();
}

bool readPatch(std::string_view text, Patch& patch) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !readNumber(text.substr(0, colon), patch.offset, 10)) return false;
  for (std::string_view hex = text.substr(colon + 1); !hex.empty(); hex.remove_prefix(2)) {
    std::uint8_t byte = 0;
    if (hex.size() < 2 || !readNumber(hex.substr(0, 2), byte, 16)) return false;
    patch.bytes.push_back(byte);
  }
  return true;
}

}  // namespace

bool readPatches(const std::string& text, std::vector<Patch>& into) {
  if (text == "-") return true;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (!readPatch(rest.substr(0, comma), into.emplace_back())) return false;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return true;
}

Expected<std::shared_ptr<const libav::Descriptor>> damagedCopy(const std::string& path, const Damage& damage) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Failure{"MediaNotFound", "There is no " + path, 0};
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (const Patch& patch : damage.patches) {
    for (std::size_t i = 0; i < patch.bytes.size() && patch.offset + i < bytes.size(); ++i)
      bytes[patch.offset + i] = static_cast<char>(patch.bytes[i]);
  }
  if (damage.cut >= 0) bytes.resize(std::min(bytes.size(), static_cast<std::size_t>(damage.cut)));

  const int fd = memfd_create("damaged", MFD_CLOEXEC);
  if (fd < 0) return systemFailure("LimitExceeded", "There is no memory for a copy of the file");
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t wrote = write(fd, bytes.data() + done, bytes.size() - done);
    if (wrote < 0) {
      const Failure failure = systemFailure("LimitExceeded", "The copy of the file cannot be written");
      close(fd);
      return failure;
    }
    done += static_cast<std::size_t>(wrote);
  }
  auto descriptor = libav::Descriptor::duplicate(fd);
  close(fd);
  return descriptor;
}

}  // namespace retrovue::fuzz
