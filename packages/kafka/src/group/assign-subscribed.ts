import kafkajs, { type Assignment, type PartitionAssigner } from 'kafkajs'

/** A member of a group, and what it wants to read. */
interface Member {
  readonly memberId: string
  readonly topics: ReadonlySet<string>
  readonly assignment: Assignment
  count: number
}

/**
 * Shares partitions among the members that read their topic, as evenly as that goes, and the same way whoever leads. kafkajs's own assigner
 * takes only the leader's topics, and gives them to members that do not read them: nobody does then. It has the name and the bytes of that
 * one, so that members of both can be in one group: whoever leads decides.
 *
 * A leader knows nothing of topics that it does not read: each member says how many partitions its own have.
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
        const said = MemberMetadata.decode(memberMetadata)
        const topics = new Set(said?.topics)
        for (const topic of topics)
          sizes.set(topic, Math.max(sizes.get(topic) ?? sizeOf(topic), sizeIn(said?.userData, topic)))
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

/** Topics that few members read come first: what many read makes up for them. */
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

const write = (told: { readonly partitions: Readonly<Record<string, number>> }) => Buffer.from(JSON.stringify(told))

/** How many partitions a topic has, as a member says; 0 where it does not, as others than this assigner. */
function sizeIn(userData: Buffer | undefined, topic: string): number {
  try {
    const size: unknown = Reflect.get(Reflect.get(JSON.parse(String(userData)), 'partitions'), topic)
    return typeof size === 'number' && Number.isSafeInteger(size) ? size : 0
  } catch {
    return 0
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
