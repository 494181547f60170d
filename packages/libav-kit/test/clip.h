#pragma once
#include <retrovue/libav/session.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace retrovue::libav::test {

/// A clip made by the `ffmpeg` program in a folder of its own, removed with the object.
class Clip {
 public:
  /// @param arguments of ffmpeg, between its inputs (a counting picture at 25 a second, a tone) and the
  /// output's name
  Clip(const std::string& name, const std::string& arguments, int seconds = 2);
  /// A file with this content.
  Clip(const std::string& name, const std::vector<char>& bytes);
  ~Clip();
  Clip(const Clip&) = delete;
  Clip& operator=(const Clip&) = delete;
  const std::string& path() const { return path_; }
  std::vector<char> bytes() const;
  /// A descriptor of the file.
  std::shared_ptr<const Descriptor> open() const;

 private:
  std::string folder_;
  std::string path_;
};

/// H.264 and AAC in MP4: what most tests play.
const Clip& mp4Clip();

/// Waits for a session's answers.
class Player {
 public:
  explicit Player(std::shared_ptr<const Descriptor> descriptor, SessionSpec spec = {});
  Expected<SessionInfo> info();
  /// The next picture; nothing at the end.
  Expected<std::optional<Picture>> picture(std::int64_t notBefore = 0);
  /// Samples read until the end.
  Expected<std::int64_t> allSound();
  Expected<void> seek(std::int64_t target);
  /// Times of all pictures to the end, or why there are no more.
  Expected<std::vector<std::int64_t>> allTimes();
  Session& session() { return session_; }

 private:
  /// Until something has changed; a test that waits a minute has failed.
  void wait(std::uint64_t seen);
  std::uint64_t changes();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t changes_ = 0;
  Session session_;
};

/// Open descriptors and threads of this process.
int countEntries(const char* folder);

}  // namespace retrovue::libav::test
