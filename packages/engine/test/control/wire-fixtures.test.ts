import { readFileSync, writeFileSync } from "node:fs";
import { fromBinary, type Message, toBinary, toJsonString } from "@bufbuild/protobuf";
import type { CallContext, ControlServices } from "@retrovue/core";
import { methodName, methods } from "@retrovue/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filled } from "./filled-message.js";
import { grpcWire, httpWires, type Wire } from "./wires.js";

/*
 * Raw bytes of a request and an answer of every call, with every field set. They were recorded once and may only grow: what a
 * client of today sends must be read the same for ever. RETROVUE_RECORD_WIRE=1 records calls that are new.
 */
interface Fixture {
  readonly request: string;
  readonly response: string;
}

const file = new URL("./wire-fixtures.json", import.meta.url);
const recorded = JSON.parse(readFileSync(file, "utf8")) as Record<string, Fixture>;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

if (process.env["RETROVUE_RECORD_WIRE"] === "1") {
  for (const method of methods.values())
    recorded[methodName(method)] ??= {
      request: hex(toBinary(method.input, filled(method.input))),
      response: hex(toBinary(method.output, filled(method.output))),
    };
  writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
}

const fixtureOf = (name: string): Fixture => recorded[name] ?? { request: "", response: "" };

/** Answers each call with its recorded answer, and remembers what it was asked. */
class Recording implements ControlServices {
  asked: Message | undefined;

  async call(name: string, request: unknown): Promise<unknown> {
    this.asked = request as Message;
    return this.#answer(name);
  }

  async *stream(name: string, request: unknown, _context: CallContext): AsyncIterable<unknown> {
    this.asked = request as Message;
    yield this.#answer(name);
  }

  #answer(name: string): Message {
    const method = methods.get(name);
    if (method === undefined) throw new Error(`no method ${name}`);
    return fromBinary(method.output, Buffer.from(fixtureOf(name).response, "hex"));
  }
}

const control = new Recording();
const wires: Wire[] = [];

beforeAll(async () => {
  wires.push(await grpcWire(control), ...(await httpWires(control)));
});

afterAll(async () => {
  for (const wire of wires) await wire[Symbol.asyncDispose]();
});

test("wire/every-call-has-its-recorded-bytes", () => {
  expect(Object.keys(recorded).sort()).toEqual([...methods.keys()].sort());
});

describe.each([...methods.keys()])("wire/%s", (name) => {
  const method = methods.get(name);
  if (method === undefined) throw new Error("a method of the list");

  test("is read and written as it was recorded", () => {
    const { request, response } = fixtureOf(name);
    for (const [schema, bytes] of [
      [method.input, request],
      [method.output, response],
    ] as const) {
      const message = fromBinary(schema, Buffer.from(bytes, "hex"));
      // A field that changed its number or its type would be among the unknown ones.
      expect(message.$unknown ?? []).toEqual([]);
      expect(hex(toBinary(schema, message))).toBe(bytes);
    }
  });

  test("crosses every transport unchanged", async () => {
    const { request, response } = fixtureOf(name);
    const sent = fromBinary(method.input, Buffer.from(request, "hex"));
    for (const wire of wires) {
      control.asked = undefined;
      const { status, answer } = await wire.send(method, sent);
      expect([wire.name, status]).toEqual([wire.name, 0]);
      expect(control.asked && toJsonString(method.input, control.asked)).toBe(
        toJsonString(method.input, sent),
      );
      expect(answer && hex(toBinary(method.output, answer))).toBe(response);
    }
  });
});
