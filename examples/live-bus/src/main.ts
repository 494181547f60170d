import { runDemo } from "./demo.js";

const { status } = await runDemo(process.argv.slice(2), (text) => process.stdout.write(text));
process.exitCode = status;
