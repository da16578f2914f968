/** A Kafka uuid: 16 bytes as base64url. */
export const LINEAGE_PATTERN = /^[A-Za-z0-9_-]{22}$/;
export const TIMELINE_PATTERN = /^\d{10}-[0-9a-f]{8}$/;
