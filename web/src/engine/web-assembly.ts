/** Whether Python can run here at all: some browsers' protected modes have no WebAssembly. */
export function hasWebAssembly(): boolean {
  const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  return typeof WebAssembly === "object" && WebAssembly.validate(emptyModule);
}
