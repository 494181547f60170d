export * from "./marks/index.js";
export * from "./pattern/index.js";
