/** A step of the set-up failed for a reason outside this program: says what, then what to do. */
export class SetUpError extends Error {
  /**
   * @param {string} what
   * @param {string} remedy what the reader should do, one line or more
   * @param {string} [log] what the failing program said
   */
  constructor(what, remedy, log = "") {
    super(what);
    this.name = "SetUpError";
    this.remedy = remedy;
    this.log = log;
  }
}
