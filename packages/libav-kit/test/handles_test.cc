#include <retrovue/libav/errors.h>
#include <retrovue/libav/handles.h>
#include <retrovue/test/runner.h>

#include <cerrno>
#include <string>

using namespace retrovue;
using namespace retrovue::libav;

TEST("libav/handles-free-what-they-hold") {
  // The leak checker of the address sanitizer is the judge.
  const FramePtr frame = makeFrame();
  const PacketPtr packet = makePacket();
  const BufferPtr buffer(av_buffer_alloc(64));
  const FormatContextPtr format(avformat_alloc_context());
  const CodecContextPtr codec(avcodec_alloc_context3(nullptr));
  CHECK(frame && packet && buffer && format && codec);
}

TEST("libav/errors-have-the-engines-codes") {
  const auto code = [](int error) {
    return std::string(libavFailure(error, "Reading", "MediaCorrupt").code);
  };
  CHECK_EQ(code(AVERROR(ENOMEM)), std::string("LimitExceeded"));
  CHECK_EQ(code(AVERROR_EXIT), std::string("Cancelled"));
  CHECK_EQ(code(AVERROR(ETIMEDOUT)), std::string("Timeout"));
  CHECK_EQ(code(AVERROR_DECODER_NOT_FOUND), std::string("UnsupportedMedia"));
  CHECK_EQ(code(AVERROR_INVALIDDATA), std::string("MediaCorrupt"));
  const Failure failure = libavFailure(AVERROR_INVALIDDATA, "Reading a packet");
  CHECK(failure.message.find("Reading a packet failed: Invalid data") == 0);
  CHECK_EQ(failure.status, AVERROR_INVALIDDATA);
}
