/** Whoever throws thousands of requests at a server wants to be answered, not to be limited. */
export const unlimited = {
  NOTIFICATION_SERVICE__LIMITS__MARKS_PER_SECOND: '1000000',
  NOTIFICATION_SERVICE__LIMITS__SOCKETS_PER_SECOND: '1000000',
  NOTIFICATION_SERVICE__LIMITS__FAILED_TOKENS_PER_MINUTE: '1000000',
}
