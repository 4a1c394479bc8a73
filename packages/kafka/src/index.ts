export { checkKafka } from './check.ts'
export type { KafkaOptions } from './client.ts'
export { createTopics, type TopicShape } from './create-topics.ts'
export { kafkaErrors } from './errors.ts'
