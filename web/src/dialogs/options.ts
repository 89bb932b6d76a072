/** The options that the core takes on this page, from the file that the build wrote out of the core's own table. */

import { type Form, readForm } from "../generated/protocol";
import { siteBase } from "../page/site";
import { offered } from "../show/offered";

let form: Promise<Form> | null = null;

export function loadForm(): Promise<Form> {
  form ??= fetchForm().catch((error) => {
    form = null; // the next try may have a network
    throw error;
  });
  return form;
}

async function fetchForm(): Promise<Form> {
  const response = await fetch(new URL(offered.options, siteBase()));
  if (!response.ok) throw new Error(`${offered.options}: ${response.status}`);
  return readForm(await response.json());
}
