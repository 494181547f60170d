export * from "./marks/index.js";
