#include "offsets.h"

#include <retrovue/frame_bus.h>

#include <cstddef>
#include <string>

namespace retrovue::framebus {
namespace {

class Table {
 public:
  explicit Table(Napi::Env env) : env_(env), object_(Napi::Object::New(env)) {}
  void add(const char* name, std::size_t offset, std::size_t bytes) {
    Napi::Array entry = Napi::Array::New(env_, 2);
    entry.Set(0u, Napi::Number::New(env_, static_cast<double>(offset)));
    entry.Set(1u, Napi::Number::New(env_, static_cast<double>(bytes)));
    object_.Set(name, entry);
  }
  Napi::Object object() const { return object_; }

 private:
  Napi::Env env_;
  Napi::Object object_;
};

#define WHOLE(type) table.add(#type, 0, sizeof(type))
#define FIELD(type, field) table.add(#type "." #field, offsetof(type, field), sizeof(type::field))

}  // namespace

Napi::Value offsets(const Napi::CallbackInfo& info) {
  Table table(info.Env());
  WHOLE(rvfb_format);
  FIELD(rvfb_format, width);
  FIELD(rvfb_format, height);
  FIELD(rvfb_format, rate_num);
  FIELD(rvfb_format, rate_den);
  FIELD(rvfb_format, pixel_format);
  FIELD(rvfb_format, plane_count);
  FIELD(rvfb_format, sar_num);
  FIELD(rvfb_format, sar_den);
  FIELD(rvfb_format, colour_primaries);
  FIELD(rvfb_format, colour_transfer);
  FIELD(rvfb_format, colour_matrix);
  FIELD(rvfb_format, colour_range);
  FIELD(rvfb_format, aspect_policy);
  FIELD(rvfb_format, sample_rate);
  FIELD(rvfb_format, channels);
  FIELD(rvfb_format, plane_stride);
  FIELD(rvfb_format, plane_rows);
  FIELD(rvfb_format, plane_offset);
  FIELD(rvfb_format, picture_bytes);
  FIELD(rvfb_format, plane_row_bytes);
  FIELD(rvfb_format, plane_picture_rows);
  WHOLE(rvfb_mapping);
  FIELD(rvfb_mapping, guard);
  FIELD(rvfb_mapping, sequence);
  FIELD(rvfb_mapping, mono_anchor);
  FIELD(rvfb_mapping, house_anchor);
  FIELD(rvfb_mapping, rate_ppb);
  WHOLE(rvfb_counters);
  FIELD(rvfb_counters, committed);
  FIELD(rvfb_counters, holds);
  FIELD(rvfb_counters, slates);
  FIELD(rvfb_counters, blacks);
  FIELD(rvfb_counters, refused);
  FIELD(rvfb_counters, late_commits);
  FIELD(rvfb_counters, submitted);
  WHOLE(rvfb_header);
  FIELD(rvfb_header, magic);
  FIELD(rvfb_header, layout_version);
  FIELD(rvfb_header, header_bytes);
  FIELD(rvfb_header, slot_bytes);
  FIELD(rvfb_header, object_bytes);
  FIELD(rvfb_header, run_id);
  FIELD(rvfb_header, pictures_bytes);
  FIELD(rvfb_header, pictures_inode);
  FIELD(rvfb_header, channel_id);
  FIELD(rvfb_header, engine_id_bytes);
  FIELD(rvfb_header, engine_id);
  FIELD(rvfb_header, slot_count);
  FIELD(rvfb_header, buffer_count);
  FIELD(rvfb_header, history_ticks);
  FIELD(rvfb_header, lead_ticks);
  FIELD(rvfb_header, asset_count);
  FIELD(rvfb_header, asset_bytes);
  FIELD(rvfb_header, ancillary_bytes);
  FIELD(rvfb_header, audio_samples);
  FIELD(rvfb_header, slots_offset);
  FIELD(rvfb_header, assets_offset);
  FIELD(rvfb_header, ancillary_offset);
  FIELD(rvfb_header, audio_offset);
  FIELD(rvfb_header, generations_offset);
  FIELD(rvfb_header, slate_offset);
  FIELD(rvfb_header, black_offset);
  FIELD(rvfb_header, guard_ns);
  FIELD(rvfb_header, heartbeat_ns);
  FIELD(rvfb_header, format);
  FIELD(rvfb_header, head_tick);
  FIELD(rvfb_header, oldest_tick);
  FIELD(rvfb_header, futex_word);
  FIELD(rvfb_header, heartbeat);
  FIELD(rvfb_header, mapping);
  FIELD(rvfb_header, audio_reserved);
  FIELD(rvfb_header, audio_committed);
  FIELD(rvfb_header, state);
  FIELD(rvfb_header, newest_lane);
  FIELD(rvfb_header, counters);
  WHOLE(rvfb_slot);
  FIELD(rvfb_slot, sequence);
  FIELD(rvfb_slot, tick);
  FIELD(rvfb_slot, house_time_ns);
  FIELD(rvfb_slot, buffer);
  FIELD(rvfb_slot, flags);
  FIELD(rvfb_slot, buffer_generation);
  FIELD(rvfb_slot, plane_offset);
  FIELD(rvfb_slot, stand_in_reason);
  FIELD(rvfb_slot, decoder_index);
  FIELD(rvfb_slot, media_time_ns);
  FIELD(rvfb_slot, source_pts);
  FIELD(rvfb_slot, source_tb_num);
  FIELD(rvfb_slot, source_tb_den);
  FIELD(rvfb_slot, source_index);
  FIELD(rvfb_slot, segment_id);
  FIELD(rvfb_slot, plan_revision);
  FIELD(rvfb_slot, asset_index);
  FIELD(rvfb_slot, asset_generation);
  FIELD(rvfb_slot, sample_start);
  FIELD(rvfb_slot, sample_count);
  FIELD(rvfb_slot, ancillary_bytes);
  FIELD(rvfb_slot, decode_ns);
  FIELD(rvfb_slot, commit_mono_ns);
  FIELD(rvfb_slot, lane);
  FIELD(rvfb_slot, silent_samples);
  WHOLE(rvfb_ancillary);
  FIELD(rvfb_ancillary, kind);
  FIELD(rvfb_ancillary, bytes);
  WHOLE(rvfb_asset);
  FIELD(rvfb_asset, generation);
  FIELD(rvfb_asset, uri_bytes);
  FIELD(rvfb_asset, title_bytes);
  FIELD(rvfb_asset, truncated);
  FIELD(rvfb_asset, uri);
  FIELD(rvfb_asset, title);
  WHOLE(rvfb_readers);
  FIELD(rvfb_readers, magic);
  FIELD(rvfb_readers, layout_version);
  FIELD(rvfb_readers, entry_count);
  FIELD(rvfb_readers, entry_bytes);
  WHOLE(rvfb_reader_entry);
  FIELD(rvfb_reader_entry, cursor_tick);
  FIELD(rvfb_reader_entry, overruns);
  FIELD(rvfb_reader_entry, last_seen_mono_ns);
  FIELD(rvfb_reader_entry, pid);
  FIELD(rvfb_reader_entry, name_bytes);
  FIELD(rvfb_reader_entry, name);
  WHOLE(rvfb_lane);
  FIELD(rvfb_lane, magic);
  FIELD(rvfb_lane, layout_version);
  FIELD(rvfb_lane, object_bytes);
  FIELD(rvfb_lane, run_id);
  FIELD(rvfb_lane, lane);
  FIELD(rvfb_lane, submission_count);
  FIELD(rvfb_lane, submission_bytes);
  FIELD(rvfb_lane, buffer_ring_count);
  FIELD(rvfb_lane, refusal_count);
  FIELD(rvfb_lane, channels);
  FIELD(rvfb_lane, samples_max);
  FIELD(rvfb_lane, submissions_offset);
  FIELD(rvfb_lane, free_offset);
  FIELD(rvfb_lane, releases_offset);
  FIELD(rvfb_lane, refusals_offset);
  FIELD(rvfb_lane, submission_tail);
  FIELD(rvfb_lane, release_tail);
  FIELD(rvfb_lane, free_head);
  FIELD(rvfb_lane, refusal_head);
  FIELD(rvfb_lane, committer_word);
  FIELD(rvfb_lane, worker_waits);
  FIELD(rvfb_lane, submission_head);
  FIELD(rvfb_lane, release_head);
  FIELD(rvfb_lane, free_tail);
  FIELD(rvfb_lane, refusal_tail);
  FIELD(rvfb_lane, worker_word);
  FIELD(rvfb_lane, state);
  WHOLE(rvfb_submission_head);
  FIELD(rvfb_submission_head, tick);
  FIELD(rvfb_submission_head, buffer);
  FIELD(rvfb_submission_head, flags);
  FIELD(rvfb_submission_head, stand_in_reason);
  FIELD(rvfb_submission_head, decoder_index);
  FIELD(rvfb_submission_head, media_time_ns);
  FIELD(rvfb_submission_head, source_pts);
  FIELD(rvfb_submission_head, source_tb_num);
  FIELD(rvfb_submission_head, source_tb_den);
  FIELD(rvfb_submission_head, source_index);
  FIELD(rvfb_submission_head, segment_id);
  FIELD(rvfb_submission_head, plan_revision);
  FIELD(rvfb_submission_head, decode_ns);
  FIELD(rvfb_submission_head, has_sound);
  FIELD(rvfb_submission_head, sample_count);
  FIELD(rvfb_submission_head, silent_samples);
  FIELD(rvfb_submission_head, ancillary_bytes);
  FIELD(rvfb_submission_head, uri_bytes);
  FIELD(rvfb_submission_head, title_bytes);
  FIELD(rvfb_submission_head, asset_key);
  FIELD(rvfb_submission_head, plane_offset);
  WHOLE(rvfb_submission);
  FIELD(rvfb_submission, head);
  FIELD(rvfb_submission, ancillary);
  FIELD(rvfb_submission, uri);
  FIELD(rvfb_submission, title);
  WHOLE(rvfb_free_buffer);
  FIELD(rvfb_free_buffer, buffer);
  FIELD(rvfb_free_buffer, state);
  FIELD(rvfb_free_buffer, generation);
  WHOLE(rvfb_release);
  FIELD(rvfb_release, buffer);
  FIELD(rvfb_release, after);
  WHOLE(rvfb_refusal);
  FIELD(rvfb_refusal, tick);
  FIELD(rvfb_refusal, why);
  return table.object();
}

}  // namespace retrovue::framebus
