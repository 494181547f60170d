#include "clip.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace retrovue::libav::test {

namespace {

std::string makeFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "retrovue-libav-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return pattern;
}

}  // namespace

Clip::Clip(const std::string& name, const std::string& arguments, int seconds)
    : folder_(makeFolder()), path_(folder_ + "/" + name) {
  const std::string length = std::to_string(seconds);
  const std::string command = "ffmpeg -v error -nostdin -f lavfi -i testsrc2=s=160x96:r=25:d=" + length +
                              " -f lavfi -i sine=d=" + length + ":r=48000 " + arguments + " " + path_;
  if (std::system(command.c_str()) != 0) throw std::runtime_error("ffmpeg could not make " + name);
}

Clip::Clip(const std::string& name, const std::vector<char>& bytes)
    : folder_(makeFolder()), path_(folder_ + "/" + name) {
  std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

Clip::~Clip() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<char> Clip::bytes() const {
  std::ifstream file(path_, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::shared_ptr<const Descriptor> Clip::open() const {
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  auto descriptor = Descriptor::duplicate(fd);
  ::close(fd);
  if (!descriptor) throw std::runtime_error(descriptor.failure().message);
  return *descriptor;
}

const Clip& mp4Clip() {
  static const Clip clip("clip.mp4", "-c:v libx264 -preset ultrafast -g 12 -bf 2 -c:a aac");
  return clip;
}

namespace {

SessionSpec withDescriptor(SessionSpec spec, std::shared_ptr<const Descriptor> descriptor) {
  spec.descriptor = std::move(descriptor);
  spec.uri = "test";
  return spec;
}

}  // namespace

Player::Player(std::shared_ptr<const Descriptor> descriptor, SessionSpec spec)
    : session_(withDescriptor(std::move(spec), std::move(descriptor)), [this] {
        const std::scoped_lock lock(mutex_);
        changes_++;
        changed_.notify_all();
      }) {}

std::uint64_t Player::changes() {
  const std::scoped_lock lock(mutex_);
  return changes_;
}

void Player::wait(std::uint64_t seen) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::minutes(1), [&] { return changes_ != seen; })) {
    throw std::runtime_error("the session has hung");
  }
}

Expected<SessionInfo> Player::info() {
  for (;;) {
    const std::uint64_t seen = changes();
    auto info = session_.info();
    if (!info) return info.failure();
    if (*info) return **info;
    wait(seen);
  }
}

Expected<std::optional<Picture>> Player::picture(std::int64_t notBefore) {
  if (auto opened = info(); !opened) return opened.failure();
  for (;;) {
    const std::uint64_t seen = changes();
    Picture picture;
    auto answer = session_.takePicture(notBefore, picture);
    if (!answer) return answer.failure();
    if (*answer == PictureLine::Answer::end) return std::optional<Picture>();
    if (*answer == PictureLine::Answer::picture) return std::optional<Picture>(std::move(picture));
    wait(seen);
  }
}

Expected<std::int64_t> Player::allSound() {
  if (auto opened = info(); !opened) return opened.failure();
  std::int64_t samples = 0;
  std::vector<std::vector<float>> memory(32, std::vector<float>(4096));
  std::vector<float*> planes;
  for (auto& plane : memory) planes.push_back(plane.data());
  for (;;) {
    const std::uint64_t seen = changes();
    SoundLine::Run run;
    auto answer = session_.takeSound(4096, planes, run);
    if (!answer) return answer.failure();
    if (*answer == SoundLine::Answer::end) return samples;
    if (*answer == SoundLine::Answer::notYet) wait(seen);
    if (*answer == SoundLine::Answer::otherChannels) {
      memory.resize(static_cast<std::size_t>(run.format.channels), std::vector<float>(4096));
      planes.clear();
      for (auto& plane : memory) planes.push_back(plane.data());
    }
    if (*answer == SoundLine::Answer::sound) samples += run.samples;
  }
}

Expected<void> Player::seek(std::int64_t target) {
  if (auto opened = info(); !opened) return opened.failure();
  session_.seek(target);
  for (;;) {
    const std::uint64_t seen = changes();
    auto done = session_.sought();
    if (!done) return done.failure();
    if (*done) return {};
    wait(seen);
  }
}

Expected<std::vector<std::int64_t>> Player::allTimes() {
  std::vector<std::int64_t> times;
  for (;;) {
    auto next = picture();
    if (!next) return next.failure();
    if (!*next) return times;
    times.push_back((*next)->time);
    session_.giveBackPicture();
  }
}

int countEntries(const char* folder) {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) count++;
  return count;
}

}  // namespace retrovue::libav::test
