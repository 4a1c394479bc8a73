import type { Kafka } from 'kafkajs'

/** Under what a client of kafkajs hides the function that makes its clusters: a symbol that has this description. */
export const createClusterName = (kafka: Kafka): symbol | string =>
  Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster') ??
  'createCluster'
