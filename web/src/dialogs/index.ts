/** All dialogs and panels: one file, loaded when the first of them is wanted, and the styles of the larger ones. */

import "../style/explanation.css";
import "../style/weighing.css";
import "../style/on-call.css";

export { openExplanation } from "./explain";
export { openGoTo } from "./go-to";
export { openHelp } from "./help";
export { openInject } from "./inject";
export { OnCallPanel } from "./on-call";
export { openSearch } from "./search";
export { openSettings } from "./settings";
export { openShare } from "./share";
export { openWhatIf } from "./what-if";
