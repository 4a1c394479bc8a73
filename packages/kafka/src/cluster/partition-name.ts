/** A key for maps of partitions. */
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

const MAX_NAMED = 6

/** Lists the first of these names, and how many others there are. */
export function shortList(some: readonly string[]): string {
  const others = some.length - MAX_NAMED
  return `${some.slice(0, MAX_NAMED).join(', ')}${others > 0 ? ` and ${others} more` : ''}`
}
