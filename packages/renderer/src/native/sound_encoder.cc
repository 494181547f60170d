#include "sound_encoder.h"

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/samplefmt.h>
}

#include <retrovue/libav/errors.h>
#include <retrovue/libav/media_file.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

namespace retrovue::renderer {
namespace {

/// Missing sound fades out and comes back within this (timing.md).
constexpr std::int64_t kFadeMs = 5;

const AVCodec* codecNamed(const std::string& codec) {
  if (codec == "aac") return avcodec_find_encoder_by_name("aac");
  if (codec == "mp2") return avcodec_find_encoder_by_name("mp2");
  if (codec == "ac3") return avcodec_find_encoder_by_name("ac3");
  return nullptr;
}

/// 48 dB above full scale: louder than anything that is meant, and far below what makes an encoder refuse its input.
constexpr float kLoudest = 256.0F;

/// What of a sample is encoded. Encoders fail on what is no number, and a bus may hold anything: that is silence, and what is
/// beyond all bounds is full scale.
float audible(float value) {
  // No comparison holds for what is no number.
  if (std::fabs(value) <= kLoudest) return value;
  return std::isnan(value) ? 0.0F : std::copysign(1.0F, value);
}

std::int16_t toInt16(float value) {
  return static_cast<std::int16_t>(std::lrint(std::clamp(value * 32768.0F, -32768.0F, 32767.0F)));
}

}  // namespace

SoundEncoder::SoundEncoder(const EncodeSpec& spec, libav::CodecContextPtr context, libav::FramePtr frame)
    : silenceMax_(std::int64_t{2} * spec.grid.sampleRate),
      frameSamples_(context->frame_size),
      context_(std::move(context)),
      frame_(std::move(frame)),
      fade_(spec.grid.sampleRate * kFadeMs / 1000),
      faded_(fade_),
      back_(fade_),
      last_(static_cast<std::size_t>(spec.channels), 0.0F),
      shaped_(static_cast<std::size_t>(frameSamples_)) {}

Expected<SoundEncoder> SoundEncoder::open(const EncodeSpec& spec) {
  libav::initLibrary();
  const AVCodec* codec = codecNamed(spec.audioCodec);
  if (codec == nullptr)
    return Failure{"UnsupportedMedia", "This libav has no encoder for " + spec.audioCodec + ".", 0};
  libav::CodecContextPtr context(avcodec_alloc_context3(codec));
  libav::FramePtr frame = libav::makeFrame();
  if (context == nullptr || frame == nullptr) return libav::libavFailure(AVERROR(ENOMEM), "Opening an encoder");
  context->sample_fmt = spec.audioCodec == "mp2" ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_FLTP;
  context->sample_rate = static_cast<int>(spec.grid.sampleRate);
  context->time_base = {1, context->sample_rate};
  context->bit_rate = spec.audioBitsPerSecond;
  av_channel_layout_default(&context->ch_layout, spec.channels);
  if (const int opened = avcodec_open2(context.get(), codec, nullptr); opened < 0) {
    return libav::libavFailure(opened, std::string("Opening the encoder ") + codec->name, "UnsupportedMedia");
  }
  frame->format = context->sample_fmt;
  frame->sample_rate = context->sample_rate;
  frame->nb_samples = context->frame_size;
  av_channel_layout_copy(&frame->ch_layout, &context->ch_layout);
  if (const int made = av_frame_get_buffer(frame.get(), 0); made < 0)
    return libav::libavFailure(made, "Opening an encoder");
  return SoundEncoder(spec, std::move(context), std::move(frame));
}

Expected<void> SoundEncoder::encode(std::int64_t start, const float* const* channels, std::uint32_t samples,
                                    StreamUnits& into) {
  if (next_ < 0) next_ = start - start % frameSamples_;
  if (start - next_ > silenceMax_) {
    // Too much to make up: the frame under way ends in silence, and the line goes on at its new place.
    if (const std::int64_t rest = next_ % frameSamples_; rest != 0) {
      if (auto done = append(nullptr, 0, frameSamples_ - rest, into); !done) return done;
    }
    next_ = start - start % frameSamples_;
  }
  if (start > next_) {
    if (auto done = append(nullptr, 0, start - next_, into); !done) return done;
  }
  const std::int64_t known = std::min<std::int64_t>(next_ - start, samples);
  return append(channels, known, samples - known, into);
}

Expected<void> SoundEncoder::append(const float* const* channels, std::int64_t offset, std::int64_t samples,
                                    StreamUnits& into) {
  while (samples > 0) {
    const std::int64_t at = next_ % frameSamples_;
    const auto count = std::min(samples, frameSamples_ - at);
    if (at == 0) {
      // The encoder may still hold the frame before.
      if (const int made = av_frame_make_writable(frame_.get()); made < 0)
        return libav::libavFailure(made, "Encoding sound");
    }
    const int channelCount = context_->ch_layout.nb_channels;
    for (int c = 0; c < channelCount; ++c) {
      const auto channel = static_cast<std::size_t>(c);
      const float* from = shaped(channels == nullptr ? nullptr : channels[c] + offset, channel, count);
      if (context_->sample_fmt == AV_SAMPLE_FMT_FLTP) {
        auto* into32 = reinterpret_cast<float*>(frame_->extended_data[c]) + at;
        std::transform(from, from + count, into32, audible);
      } else {
        auto* into16 = reinterpret_cast<std::int16_t*>(frame_->data[0]) + at * channelCount + c;
        for (std::int64_t i = 0; i < count; ++i) into16[i * channelCount] = toInt16(audible(from[i]));
      }
      if (channels != nullptr) last_[channel] = audible(from[count - 1]);
    }
    aged(channels != nullptr, count);
    next_ += count;
    offset += count;
    samples -= count;
    if (next_ % frameSamples_ == 0) {
      if (auto done = flushFrame(into); !done) return done;
    }
  }
  return {};
}

const float* SoundEncoder::shaped(const float* from, std::size_t channel, std::int64_t samples) {
  if (from != nullptr && back_ >= fade_) return from;
  const auto share = [this](std::int64_t done) { return static_cast<float>(std::min(done, fade_)) / static_cast<float>(fade_); };
  for (std::int64_t i = 0; i < samples; ++i) {
    shaped_[static_cast<std::size_t>(i)] =
        from == nullptr ? last_[channel] * (1 - share(faded_ + i + 1)) : from[i] * share(back_ + i + 1);
  }
  return shaped_.data();
}

void SoundEncoder::aged(bool isSound, std::int64_t samples) {
  if (isSound) {
    hasSound_ = true;
    faded_ = 0;
    back_ = std::min(fade_, back_ + samples);
  } else if (hasSound_) {
    faded_ = std::min(fade_, faded_ + samples);
    back_ = 0;
  }
}

Expected<void> SoundEncoder::flushFrame(StreamUnits& into) {
  frame_->pts = next_ - frameSamples_;
  if (const int sent = avcodec_send_frame(context_.get(), frame_.get()); sent < 0)
    return libav::libavFailure(sent, "Encoding sound", "Internal");
  for (;;) {
    StreamUnit* unit = into.add();
    if (unit == nullptr) return libav::libavFailure(AVERROR(ENOMEM), "Encoding sound");
    const int received = avcodec_receive_packet(context_.get(), unit->packet.get());
    if (received < 0) {
      into.dropLast();
      if (received == AVERROR(EAGAIN)) return {};
      return libav::libavFailure(received, "Encoding sound", "Internal");
    }
    unit->index = unit->packet->pts;
    unit->isKey = true;
  }
}

}  // namespace retrovue::renderer
