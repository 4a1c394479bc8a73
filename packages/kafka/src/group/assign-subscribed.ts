import kafkajs, { type Assignment, type PartitionAssigner } from 'kafkajs'

/** A member of a group, the topics that it reads, and what it is assigned. */
interface Member {
  readonly memberId: string
  readonly topics: ReadonlySet<string>
  readonly assignment: Assignment
  count: number
}

/**
 * Assigns partitions to the members that read their topic, as evenly as possible, and in the same way whichever member leads the group.
 * kafkajs's own assigner assigns only the leader's topics, and also to members that do not read them, so that no member reads those. This
 * one has the name and the format of kafkajs's, so that members with either can be in one group: the leader's assigner decides.
 *
 * A leader has no metadata of topics that it does not read: each member reports how many partitions its own topics have.
 */
export const assignSubscribed: PartitionAssigner = ({ cluster }) => {
  const name = 'RoundRobinAssigner'
  const version = 0
  const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol
  const sizeOf = (topic: string) => cluster.findTopicPartitionMetadata(topic).length
  return {
    name,
    version,
    protocol({ topics }) {
      const partitions = Object.fromEntries(topics.map((topic) => [topic, sizeOf(topic)]))
      return { name, metadata: MemberMetadata.encode({ version, topics, userData: write({ partitions }) }) }
    },
    async assign(group) {
      const sizes = new Map<string, number>()
      const members = group.members.map(({ memberId, memberMetadata }): Member => {
        const metadata = MemberMetadata.decode(memberMetadata)
        const topics = new Set(metadata?.topics)
        for (const topic of topics)
          sizes.set(topic, Math.max(sizes.get(topic) ?? sizeOf(topic), sizeIn(metadata?.userData, topic)))
        return { memberId, topics, assignment: {}, count: 0 }
      })
      share(members, sizes)
      return members.map(({ memberId, assignment }) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }),
      }))
    },
  }
}

/** Topics that few members read come first: topics that many read then even out the counts. */
function share(members: readonly Member[], sizes: ReadonlyMap<string, number>): void {
  const sorted = members.toSorted((a, b) => compare(a.memberId, b.memberId))
  const readers = (topic: string) => sorted.filter(({ topics }) => topics.has(topic))
  const topics = [...sizes.keys()].map((topic) => ({ topic, readers: readers(topic) }))
  topics.sort((a, b) => a.readers.length - b.readers.length || compare(a.topic, b.topic))
  for (const { topic, readers: some } of topics)
    for (let partition = 0; partition < (sizes.get(topic) ?? 0); partition++) {
      const least = some.reduce((one, other) => (other.count < one.count ? other : one))
      least.assignment[topic] = [...(least.assignment[topic] ?? []), partition]
      least.count++
    }
}

const write = (counts: { readonly partitions: Readonly<Record<string, number>> }) => Buffer.from(JSON.stringify(counts))

/** How many partitions a topic has, as a member reports; 0 where it does not, as members with another assigner. */
function sizeIn(userData: Buffer | undefined, topic: string): number {
  try {
    const size: unknown = Reflect.get(Reflect.get(JSON.parse(String(userData)), 'partitions'), topic)
    return typeof size === 'number' && Number.isSafeInteger(size) ? size : 0
  } catch {
    return 0
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
