export * from "../src/testing/virtual-host.js";
