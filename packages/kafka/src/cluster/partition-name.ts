/** What a partition is found by. */
export const partitionName = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${partition} ${topic}`

/** A partition, in words. */
export const partitionInWords = ({
  topic,
  partition,
}: {
  readonly topic: string
  readonly partition: number
}): string => `partition ${partition} of ${topic}`

/** So many are named. */
const SHOWN = 6

/** The first of these, and how many others there are. */
export function inShort(some: readonly string[]): string {
  const others = some.length - SHOWN
  return `${some.slice(0, SHOWN).join(', ')}${others > 0 ? ` and ${others} more` : ''}`
}
