/** What the page is told about the show: its state, and what follows from one state to the next. */

import type { News, Problem, Story } from "../generated/protocol";
import { BLANK_STATE, BLANK_STORY, type ShowState } from "./blank";
import type { BootProgress } from "./boot-screen";
import { Hub } from "./events";
import { type Milestone, passedMilestones } from "./milestones";
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
  milestone: Milestone;
  /** An incident that somebody has noticed, or that is over. */
  news: News;
  phase: ShowState["phase"];
  ended: undefined;
}

export class Announcements extends Hub<ShowEvents> {
  state: ShowState = BLANK_STATE;
  story: Story = BLANK_STORY;
  #jumped = true;

  /** The place changes other than by playing: what lies in between was not passed. */
  protected jumped(): void {
    this.#jumped = true;
  }

  /** @param isThere whether the state is of after the last jump */
  protected tell(state: ShowState, isThere: boolean): void {
    const before = this.state;
    this.state = state;
    if (!this.#jumped) this.#tellMilestones(before, state);
    if (isThere) this.#jumped = false;
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

  /** What goes wrong is no milestone: the core tells it when it is noticed. */
  #tellMilestones(before: ShowState, now: ShowState): void {
    for (const milestone of passedMilestones(this.story.chapters, before.run_seconds, now.run_seconds)) {
      if (milestone.name !== "incident") this.emit("milestone", milestone);
    }
  }
}
