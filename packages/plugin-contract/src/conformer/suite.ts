import { defineSuite, type Suite } from "../framework/rule.js";
import { lifeRules } from "./rules/life.js";
import { pictureRules } from "./rules/pictures.js";
import { soundRules } from "./rules/sound.js";
import type { ConformerSubject } from "./subject.js";

/** What every conformer must keep. */
export const conformerSuite: Suite<ConformerSubject> = defineSuite("conformer", [
  ...pictureRules,
  ...soundRules,
  ...lifeRules,
]);
