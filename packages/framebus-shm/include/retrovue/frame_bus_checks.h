/*
 * What a header and a slot may claim. An object of the right name may be truncated, foreign or of another
 * version; a reader uses nothing of it that these have not let through.
 */
#ifndef RETROVUE_FRAME_BUS_CHECKS_H
#define RETROVUE_FRAME_BUS_CHECKS_H

#include <retrovue/frame_bus.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bounds on what a header may claim, so that no product below overflows. Far above what an engine makes. */
#define RVFB_COUNT_MAX (1u << 20)
#define RVFB_PICTURE_BYTES_MAX (1ull << 32)

static inline int rvfb_fits(uint64_t offset, uint64_t count, uint64_t bytes, uint64_t total) {
  return offset <= total && count * bytes <= total - offset;
}

static inline int rvfb_is_aligned(uint64_t offset, uint64_t to) {
  return offset % to == 0;
}

/* Bytes of one sample of a plane: planes, also cropped ones, begin on a whole sample. */
static inline uint32_t rvfb_sample_bytes(uint32_t pixel_format) {
  const int is_wide = (pixel_format >= RVFB_YUV420P10LE && pixel_format <= RVFB_YUV444P12LE) ||
                      pixel_format == RVFB_P010LE || pixel_format == RVFB_GRAY10LE;
  return is_wide ? 2 : 1;
}

static inline int rvfb_format_makes_sense(const rvfb_format* f) {
  if (f->width == 0 || f->height == 0 || f->width > 32768 || f->height > 32768) return 0;
  if (f->rate_num == 0 || f->rate_den == 0 || f->sample_rate == 0 || f->channels == 0 || f->channels > 8)
    return 0;
  if (f->pixel_format == 0 || f->pixel_format > RVFB_PIXEL_FORMAT_LAST) return 0;
  if (f->sar_num == 0 || f->sar_den == 0 || f->colour_range > 2 || f->aspect_policy > RVFB_ASPECT_CROP)
    return 0;
  if (f->plane_count == 0 || f->plane_count > RVFB_PLANES_MAX) return 0;
  if (f->picture_bytes == 0 || f->picture_bytes > RVFB_PICTURE_BYTES_MAX) return 0;
  if (!rvfb_is_aligned(f->picture_bytes, RVFB_PAGE_BYTES)) return 0;
  for (uint32_t p = 0; p < f->plane_count; ++p) {
    if (!rvfb_fits(f->plane_offset[p], f->plane_rows[p], f->plane_stride[p], f->picture_bytes)) return 0;
    if (f->plane_picture_rows[p] == 0 || f->plane_picture_rows[p] > f->plane_rows[p]) return 0;
    if (f->plane_row_bytes[p] == 0 || f->plane_row_bytes[p] > f->plane_stride[p]) return 0;
    if (!rvfb_is_aligned(f->plane_stride[p], RVFB_STRIDE_ALIGN)) return 0;
    if (!rvfb_is_aligned(f->plane_offset[p], RVFB_STRIDE_ALIGN)) return 0;
  }
  return 1;
}

/* Where sections may begin: their words are loaded whole, pictures begin on a page, and none lies in the
 * header.
 */
static inline int rvfb_sections_are_aligned(const rvfb_header* h) {
  const uint64_t lines[] = {h->slots_offset, h->assets_offset, h->ancillary_offset, h->audio_offset,
                            h->generations_offset};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; ++i)
    if (lines[i] < RVFB_HEADER_BYTES || !rvfb_is_aligned(lines[i], RVFB_STRIDE_ALIGN)) return 0;
  return h->slate_offset >= RVFB_HEADER_BYTES && rvfb_is_aligned(h->slate_offset, RVFB_PAGE_BYTES) &&
         h->black_offset >= RVFB_HEADER_BYTES && rvfb_is_aligned(h->black_offset, RVFB_PAGE_BYTES);
}

static inline int rvfb_header_makes_sense(const rvfb_header* h, uint64_t bytes) {
  if (h->magic != RVFB_MAGIC || h->layout_version != RVFB_LAYOUT_VERSION) return 0;
  if (h->header_bytes != RVFB_HEADER_BYTES || h->slot_bytes != RVFB_SLOT_BYTES) return 0;
  if (h->asset_bytes != RVFB_ASSET_BYTES || h->ancillary_bytes != RVFB_ANCILLARY_BYTES) return 0;
  if (h->object_bytes != bytes || !rvfb_format_makes_sense(&h->format)) return 0;
  if (h->slot_count == 0 || h->slot_count > RVFB_COUNT_MAX || h->buffer_count > RVFB_COUNT_MAX) return 0;
  if (h->asset_count > RVFB_COUNT_MAX || h->audio_samples == 0 || h->heartbeat_ns == 0) return 0;
  if (h->pictures_bytes != h->buffer_count * h->format.picture_bytes) return 0;
  if (!rvfb_sections_are_aligned(h)) return 0;
  return rvfb_fits(h->slots_offset, h->slot_count, RVFB_SLOT_BYTES, bytes) &&
         rvfb_fits(h->assets_offset, h->asset_count, RVFB_ASSET_BYTES, bytes) &&
         rvfb_fits(h->ancillary_offset, h->slot_count, RVFB_ANCILLARY_BYTES, bytes) &&
         rvfb_fits(h->audio_offset, (uint64_t)h->audio_samples * h->format.channels, sizeof(float), bytes) &&
         rvfb_fits(h->generations_offset, h->buffer_count, sizeof(uint64_t), bytes) &&
         rvfb_fits(h->slate_offset, 1, h->format.picture_bytes, bytes) &&
         rvfb_fits(h->black_offset, 1, h->format.picture_bytes, bytes) &&
         h->engine_id_bytes <= RVFB_ENGINE_ID_BYTES;
}

/* Nothing that a slot says is used before it was bounded: the object may be someone else's work. */
static inline int rvfb_slot_makes_sense(const rvfb_header* h, const rvfb_slot* s) {
  const int reserved = s->buffer == RVFB_BUFFER_SLATE || s->buffer == RVFB_BUFFER_BLACK;
  if (!reserved && s->buffer >= h->buffer_count) return 0;
  if (s->sample_count > h->audio_samples || s->ancillary_bytes > RVFB_ANCILLARY_BYTES) return 0;
  for (uint32_t p = 0; p < h->format.plane_count; ++p) {
    const uint64_t shown = (uint64_t)h->format.plane_stride[p] * (h->format.plane_picture_rows[p] - 1) +
                           h->format.plane_row_bytes[p];
    if (!rvfb_fits(s->plane_offset[p], 1, shown, h->format.picture_bytes)) return 0;
    if (!rvfb_is_aligned(s->plane_offset[p], rvfb_sample_bytes(h->format.pixel_format))) return 0;
  }
  return 1;
}

#ifdef __cplusplus
}
#endif
#endif
