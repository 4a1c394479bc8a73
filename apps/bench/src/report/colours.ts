const BY_PEER: Readonly<Record<string, string>> = {
  Belfry: '#2f6fde',
  each: '#9b8f80',
  batch: '#e2803a',
  'batch-tuned': '#b0509a',
}
const OTHERS = ['#e2803a', '#4a9b6e', '#b0509a', '#9b8f80']

/** Returns the colour of a peer: Belfry has the same one everywhere. */
export const colourOf = (peer: string, index: number): string =>
  BY_PEER[peer] ?? OTHERS[index % OTHERS.length] ?? '#888888'
