/** Column types of the migrations. All hold in MariaDB, MySQL and SQLite. */
export const UUID = "char(36) not null";
export const UUID_OR_NULL = "char(36)";
/** Ids that other services give: at most 64 characters. */
export const EXTERNAL_ID = "varchar(64) not null";
export const EXTERNAL_ID_OR_NULL = "varchar(64)";
/** States, kinds and other words of ours. */
export const WORD = "varchar(64) not null";
export const WORD_OR_NULL = "varchar(64)";
export const NAME = "varchar(255) not null";
export const NAME_OR_NULL = "varchar(255)";
/** Up to 64 KiB in MariaDB. */
export const TEXT = "text not null";
export const TEXT_OR_NULL = "text";
/** JSON text. Not `json`: MySQL would give it back parsed, and with its keys in another order. */
export const JSON_TEXT = "mediumtext not null";
export const JSON_TEXT_OR_NULL = "mediumtext";
export const TIME = "datetime(6) not null";
export const TIME_OR_NULL = "datetime(6)";
export const FLAG = "tinyint not null";
export const FLAG_OR_NULL = "tinyint";
export const INTEGER = "integer not null";
export const INTEGER_OR_NULL = "integer";
/** Bytes. */
export const BIG_INTEGER = "bigint not null";
/** Fractions: progress from 0 to 1. */
export const FRACTION = "double not null";
export const FRACTION_OR_NULL = "double";
