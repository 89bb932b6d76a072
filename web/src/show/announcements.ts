/** What the page is told about the show: its state, and what follows from one state to the next. */

import type { News, Problem, Story } from "../generated/protocol";
import { BLANK_STATE, BLANK_STORY, type ShowState } from "./blank";
import type { BootProgress } from "./boot-screen";
import { Hub } from "./events";
import type { Mode } from "./states";

export interface ShowEvents {
  state: ShowState;
  story: Story;
  mode: Mode;
  query: string;
  loading: BootProgress;
  /** The screen stands still until the engine is there, and nobody has paused it. Over with the next mode, or a failure. */
  waiting: undefined;
  problems: Problem[];
  /** Something that was asked for could not be had; why. */
  lacking: string;
  failed: string;
  /** What the show has passed as it plays: work that is done, incidents that somebody has noticed or that are over. */
  news: News;
  phase: ShowState["phase"];
  ended: undefined;
}

export class Announcements extends Hub<ShowEvents> {
  state: ShowState = BLANK_STATE;
  story: Story = BLANK_STORY;

  protected tell(state: ShowState): void {
    const before = this.state;
    this.state = state;
    if (state.phase !== before.phase) this.emit("phase", state.phase);
    this.emit("state", state);
    if (state.ended && !before.ended) this.emit("ended", undefined);
  }

  protected tellStory(story: Story): void {
    this.story = story;
    this.emit("story", story);
  }

  protected tellNews(news: News[]): void {
    for (const each of news) this.emit("news", each);
  }
}
