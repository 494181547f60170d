import { MemoryFrameBus } from "@retrovue/core";
import * as vitest from "vitest";
import { frameBusContract } from "./frame-bus-contract.js";

frameBusContract({ runner: vitest, open: (clock) => new MemoryFrameBus({ clock }), title: "memory bus" });
