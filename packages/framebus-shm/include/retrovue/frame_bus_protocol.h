/*
 * The rules of the frame bus, as code: every load, store, fence and check on which a rule of
 * docs/contracts/frame-bus.md rests. The committer, the worker's end and the reader run these functions and
 * no others, and the model in test/native/model_test.cc runs the very same ones under a memory that reorders,
 * once whole and once without each numbered site; each such mutant must be caught.
 *
 * A site is named rule_what. The operations are macros so that the model can put its own memory below them.
 */
#ifndef RETROVUE_FRAME_BUS_PROTOCOL_H
#define RETROVUE_FRAME_BUS_PROTOCOL_H

#include <retrovue/frame_bus.h>

#ifndef RVFB_MEMORY_DEFINED
#define RVFB_LOAD_RELAXED(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define RVFB_LOAD_ACQUIRE(site, p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define RVFB_STORE_RELAXED(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define RVFB_STORE_RELEASE(site, p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define RVFB_FENCE_ACQUIRE(site) __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define RVFB_FENCE_RELEASE(site) __atomic_thread_fence(__ATOMIC_RELEASE)
/* A condition that a rule asks for. A mutant takes it for true. */
#define RVFB_HOLDS(site, condition) (condition)
/* Marks a load whose place in the order matters: a mutant does it again here, that is, too late. */
#define RVFB_NOT_LATER(site, again)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Pixels may be written with non-temporal stores, which x86 does not order by itself: flush them before
 * handing over. */
static inline void rvfb_flush_pixels(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_sfence();
#endif
}

/* What came of looking at something guarded by a sequence. */
enum { RVFB_SEEN_WHOLE = 0, RVFB_SEEN_CHANGED = 1 };

/* Rule 1, commit: sequence odd, fence, words, sequence even. One storer. */
static inline void rvfb_guard_open(uint64_t* guard) {
  RVFB_STORE_RELAXED(guard, RVFB_LOAD_RELAXED(guard) + 1);
  RVFB_FENCE_RELEASE(rule1_odd_before_words);
}

static inline void rvfb_guard_close(uint64_t* guard) {
  RVFB_STORE_RELEASE(rule1_words_before_even, guard, RVFB_LOAD_RELAXED(guard) + 1);
}

/* Guarded words: in shared memory only ever stored to and loaded from one at a time, never by memcpy. */
static inline void rvfb_store_words(uint64_t* shared, const uint64_t* from, size_t words) {
  for (size_t i = 0; i < words; ++i) RVFB_STORE_RELAXED(shared + i, from[i]);
}

static inline void rvfb_load_words(const uint64_t* shared, uint64_t* into, size_t words) {
  for (size_t i = 0; i < words; ++i) into[i] = RVFB_LOAD_RELAXED(shared + i);
}

/* Rule 2, copy: sequence (odd = changing: give up at once), words, fence, the same sequence again. */
static inline uint64_t rvfb_look_begin(const uint64_t* guard) {
  return RVFB_LOAD_ACQUIRE(rule2_even_before_words, guard);
}

static inline int rvfb_look_may_begin(uint64_t sequence) {
  return RVFB_HOLDS(rule2_odd_is_changing, (sequence & 1) == 0);
}

static inline int rvfb_look_end(const uint64_t* guard, uint64_t sequence) {
  RVFB_FENCE_ACQUIRE(rule2_words_before_sequence);
  return RVFB_HOLDS(rule2_sequence_unchanged, RVFB_LOAD_RELAXED(guard) == sequence) ? RVFB_SEEN_WHOLE
                                                                                    : RVFB_SEEN_CHANGED;
}

/* Rule 1: stores a slot's words (without its sequence) and, under the same guard, `extra_words` at `extra`.
 */
static inline void rvfb_slot_store(uint64_t* slot, const uint64_t* words, size_t count, uint64_t* extra,
                                   const uint64_t* extra_from, size_t extra_words) {
  rvfb_guard_open(slot);
  rvfb_store_words(slot + 1, words + 1, count - 1);
  rvfb_store_words(extra, extra_from, extra_words);
  rvfb_guard_close(slot);
}

/* Rule 2: copies slot `tick`; RVFB_SEEN_CHANGED = overrun. `words[1]` is the tick that the slot holds. The
 * extra words are the slot's ancillary bytes; how many of them count, the slot itself says, so all are
 * copied. */
static inline int rvfb_slot_look(const uint64_t* slot, int64_t tick, uint64_t* words, size_t count,
                                 const uint64_t* extra, uint64_t* extra_into, size_t extra_words) {
  const uint64_t sequence = rvfb_look_begin(slot);
  if (!rvfb_look_may_begin(sequence)) return RVFB_SEEN_CHANGED;
  words[0] = sequence;
  rvfb_load_words(slot + 1, words + 1, count - 1);
  rvfb_load_words(extra, extra_into, extra_words);
  if (rvfb_look_end(slot, sequence) != RVFB_SEEN_WHOLE) return RVFB_SEEN_CHANGED;
  return RVFB_HOLDS(rule2_tick_is_the_one, (int64_t)words[1] == tick) ? RVFB_SEEN_WHOLE : RVFB_SEEN_CHANGED;
}

/* Rule 1: makes tick `head` visible. The caller wakes the waiters of `word` afterwards. */
static inline void rvfb_head_publish(int64_t* head_tick, uint32_t* word, int64_t head) {
  RVFB_STORE_RELEASE(rule1_slot_before_head, head_tick, head);
  RVFB_STORE_RELEASE(rule1_head_before_word, word, RVFB_LOAD_RELAXED(word) + 1);
}

static inline int64_t rvfb_head_look(const int64_t* head_tick) {
  return RVFB_LOAD_ACQUIRE(rule2_head_before_slot, head_tick);
}

/* Rule 2: looks whether `tick` is there. If not, `*word` is what to wait on: read before the head, so that a
 * commit in between makes the wait return at once. */
static inline int rvfb_head_reached(const int64_t* head_tick, const uint32_t* futex_word, int64_t tick,
                                    uint32_t* word) {
  *word = RVFB_LOAD_ACQUIRE(rule2_word_before_head, futex_word);
  const int reached = rvfb_head_look(head_tick) >= tick;
  RVFB_NOT_LATER(rule2_word_first, *word = RVFB_LOAD_ACQUIRE(rule2_word_before_head, futex_word));
  return reached;
}

/* Rule 4, reuse: the generation goes up when a buffer is lent, before its first new pixel. The committer
 * raises it and hands the buffer over through a ring; the worker takes it and fences. */
static inline uint64_t rvfb_buffer_lend(uint64_t* generation) {
  const uint64_t next = RVFB_LOAD_RELAXED(generation) + 1;
  RVFB_STORE_RELAXED(generation, next);
  return next;
}

static inline void rvfb_ring_hand_over(uint64_t* tail, uint64_t position) {
  RVFB_STORE_RELEASE(rule4_generation_before_hand_over, tail, position);
}

static inline uint64_t rvfb_ring_look(const uint64_t* tail) {
  return RVFB_LOAD_ACQUIRE(rule4_hand_over_before_pixels, tail);
}

static inline void rvfb_buffer_borrowed(void) {
  RVFB_FENCE_RELEASE(rule4_before_first_pixel);
}

/* Rule 3, use a picture: after the last pixel was looked at, is the buffer still what the slot named? */
static inline int rvfb_buffer_intact(const uint64_t* generation, uint64_t named) {
  RVFB_FENCE_ACQUIRE(rule3_pixels_before_generation);
  return RVFB_HOLDS(rule3_generation_unchanged, RVFB_LOAD_RELAXED(generation) == named);
}

/* Rule 1, sound first: reserve, fence, samples, committed. */
static inline void rvfb_sound_reserve(uint64_t* reserved, uint64_t end) {
  RVFB_STORE_RELAXED(reserved, end);
  RVFB_FENCE_RELEASE(rule1_reserved_before_samples);
}

static inline void rvfb_sound_commit(uint64_t* committed, uint64_t end) {
  RVFB_STORE_RELEASE(rule1_samples_before_committed, committed, end);
}

/* For readers that follow the sound alone: samples before this index are whole. */
static inline uint64_t rvfb_sound_committed(const uint64_t* committed) {
  return RVFB_LOAD_ACQUIRE(rule5_committed_before_samples, committed);
}

/* Rule 5, use sound: after the last sample from `start` on was copied, was none of them overwritten? */
static inline int rvfb_sound_intact(const uint64_t* reserved, uint64_t start, uint64_t ring) {
  RVFB_FENCE_ACQUIRE(rule5_samples_before_reserved);
  return RVFB_HOLDS(rule5_not_reserved_since, RVFB_LOAD_RELAXED(reserved) <= start + ring);
}

#ifdef __cplusplus
}
#endif
#endif
