import { type Place, type Tick, Timeline } from "@retrovue/core";

/** A timeline whose places are not what the plan says. */
export class ChangedTimeline extends Timeline {
  readonly #change: (place: Place, asked: Tick) => Place;
  /** A place is the same object for as long as it airs. */
  readonly #changed = new WeakMap<Place, Place>();

  constructor(inner: Timeline, change: (place: Place, asked: Tick) => Place) {
    super(inner.plan, inner.grid);
    this.#change = change;
  }

  override at(tick: Tick): Place {
    return this.#changedOf(super.at(tick), tick);
  }

  override after(place: Place): Place | undefined {
    const after = super.after(place);
    return after && this.#changedOf(after, after.first);
  }

  override placesFrom(tick: Tick, count: number): Place[] {
    return super.placesFrom(tick, count).map((place) => this.#changedOf(place, place.first));
  }

  #changedOf(place: Place, asked: Tick): Place {
    let changed = this.#changed.get(place);
    if (changed === undefined) {
      changed = this.#change(place, asked);
      this.#changed.set(place, changed);
    }
    return changed;
  }
}
