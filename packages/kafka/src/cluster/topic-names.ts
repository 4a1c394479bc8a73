/** Topics by the names that we know them by, and those that the brokers know. */
export interface TopicNames {
  physical(topic: string): string
  logical(name: string): string
}

/** The names of topics on the brokers: as configured, else the same. */
export function createTopicNames(configured: Readonly<Record<string, string>> = {}): TopicNames {
  const physical = new Map(Object.entries(configured))
  const logical = new Map([...physical].map(([topic, name]) => [name, topic]))
  return {
    physical: (topic) => physical.get(topic) ?? topic,
    logical: (name) => logical.get(name) ?? name,
  }
}
