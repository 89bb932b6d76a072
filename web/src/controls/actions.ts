/** What the buttons, the menu and the keys can do; each is named once. */

import type { IconName } from "./icons";

export interface Action {
  id: string;
  label: string;
  icon: IconName;
  /** The key as it is shown in titles and in the help. */
  key?: string;
  /** Has a button of its own in a wide bar; it is in the menu anyway. */
  inBar: boolean;
  run: () => void;
}

export function actionTitle({ label, key }: Action): string {
  return key === undefined ? label : `${label} (${key})`;
}
