export { Container } from "./container.js";
export { Token } from "./token.js";
export { tokens } from "./tokens.js";
