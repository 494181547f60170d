import { invalidField } from "../field/invalid-field.js";

/**
 * One enum, both ways: the core's words and the wire's numbers. Each table below is written twice, once per direction,
 * so that a word or a number added on either side does not compile until it has its counterpart.
 */
export interface EnumTable<Word extends string, Wire extends number> {
  readonly words: Readonly<Record<Word, Wire>>;
  readonly numbers: Readonly<Record<Wire, Word | undefined>>;
  /** The wire's number for a word. */
  toWire(word: Word): Wire;
  /**
   * The word for a number from the wire. `InvalidArgument`, naming the field, for a number that has none: an
   * unspecified value, or one of a newer client.
   */
  fromWire(field: string, value: number): Word;
}

/**
 * Makes a table of both directions.
 *
 * @param words each word's number
 * @param numbers each number's word; undefined for `…_UNSPECIFIED`
 */
export function enumTable<Word extends string, Wire extends number>(
  words: Readonly<Record<Word, Wire>>,
  numbers: Readonly<Record<Wire, Word | undefined>>,
): EnumTable<Word, Wire> {
  return Object.freeze({
    words,
    numbers,
    toWire: (word: Word) => words[word],
    fromWire: (field: string, value: number) => {
      // Proto3 enums are open: a number may come that is in no table.
      const word = (numbers as Readonly<Record<number, Word | undefined>>)[value];
      if (word === undefined) throw invalidField(field, `one of ${Object.keys(words).join(", ")}`, value);
      return word;
    },
  });
}
