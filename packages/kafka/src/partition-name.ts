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
