/** Translates between the names that Belfry has for topics and those that the brokers have. */
export interface TopicNames {
  /** The name on the brokers. */
  physical(topic: string): string
  /** Belfry's name. */
  logical(name: string): string
}

/** `configured` has the topics whose names differ; all others have the same name on the brokers. */
export function createTopicNames(configured: Readonly<Record<string, string>> = {}): TopicNames {
  const physical = new Map(Object.entries(configured))
  const logical = new Map([...physical].map(([topic, name]) => [name, topic]))
  return {
    physical: (topic) => physical.get(topic) ?? topic,
    logical: (name) => logical.get(name) ?? name,
  }
}
