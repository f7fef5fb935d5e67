// Made by scripts/write-migrations.ts from src/db/migrations: do not edit.
/** The SQL of every migration, oldest first; a database remembers how many it has. Versions of before cannot use the tables after one that `breaks`. */
export const MIGRATIONS: readonly {
  readonly name: string;
  readonly statements: readonly string[];
  readonly breaks?: true;
}[] = [
  {
    "name": "20261122150000_first",
    "statements": [
      "CREATE TABLE `active_targets` (\n\t`key` text PRIMARY KEY,\n\t`task_seq` integer NOT NULL,\n\tCONSTRAINT `fk_active_targets_task_seq_tasks_seq_fk` FOREIGN KEY (`task_seq`) REFERENCES `tasks`(`seq`)\n) WITHOUT ROWID;",
      "CREATE TABLE `clients` (\n\t`client_code` text PRIMARY KEY,\n\t`public_key` text NOT NULL,\n\t`private_key` text NOT NULL,\n\t`strong_only` integer NOT NULL,\n\t`disabled` integer NOT NULL\n);",
      "CREATE TABLE `events` (\n\t`seq` integer PRIMARY KEY,\n\t`task_seq` integer NOT NULL,\n\t`sequence` integer NOT NULL,\n\t`time_ms` integer NOT NULL,\n\t`type` text NOT NULL,\n\t`status` text NOT NULL,\n\t`attempt` integer NOT NULL,\n\t`failure` text,\n\t`target` integer,\n\t`target_status` text,\n\tCONSTRAINT `fk_events_task_seq_tasks_seq_fk` FOREIGN KEY (`task_seq`) REFERENCES `tasks`(`seq`)\n);",
      "CREATE TABLE `idempotency_keys` (\n\t`seq` integer PRIMARY KEY,\n\t`client_code` text NOT NULL,\n\t`key` text NOT NULL,\n\t`body_digest` text NOT NULL,\n\t`task_id` text NOT NULL,\n\t`expires_ms` integer NOT NULL\n);",
      "CREATE TABLE `nonces` (\n\t`seq` integer PRIMARY KEY,\n\t`client_code` text NOT NULL,\n\t`nonce` text NOT NULL,\n\t`expires_ms` integer NOT NULL\n);",
      "CREATE TABLE `profile_uses` (\n\t`client_code` text NOT NULL,\n\t`profile_name` text NOT NULL,\n\t`task_seq` integer NOT NULL,\n\tCONSTRAINT `profile_uses_pk` PRIMARY KEY(`client_code`, `profile_name`, `task_seq`),\n\tCONSTRAINT `fk_profile_uses_task_seq_tasks_seq_fk` FOREIGN KEY (`task_seq`) REFERENCES `tasks`(`seq`)\n) WITHOUT ROWID;",
      "CREATE TABLE `profiles` (\n\t`client_code` text NOT NULL,\n\t`name` text NOT NULL,\n\t`profile` text NOT NULL,\n\t`create_ms` integer NOT NULL,\n\tCONSTRAINT `profiles_pk` PRIMARY KEY(`client_code`, `name`)\n);",
      "CREATE TABLE `tasks` (\n\t`seq` integer PRIMARY KEY,\n\t`id` text NOT NULL,\n\t`client_code` text NOT NULL,\n\t`profile_name` text NOT NULL,\n\t`status` text NOT NULL,\n\t`priority` integer NOT NULL,\n\t`create_ms` integer NOT NULL,\n\t`start_ms` integer,\n\t`end_ms` integer,\n\t`not_before_ms` integer,\n\t`attempt` integer NOT NULL,\n\t`failures` integer NOT NULL,\n\t`cancel_requested` integer NOT NULL,\n\t`worker_id` text,\n\t`lease_until_ms` integer,\n\t`engine` text,\n\t`event_sequence` integer NOT NULL,\n\t`failure` text,\n\t`progress` text,\n\t`attempts` text NOT NULL,\n\t`targets` text NOT NULL,\n\t`source_url` text NOT NULL,\n\t`timeout_seconds` integer,\n\t`metadata` text,\n\t`clip` text,\n\t`custom_profiles` text NOT NULL,\n\t`assignments` text NOT NULL\n);",
      "CREATE UNIQUE INDEX `clients_public_key` ON `clients` (`public_key`);",
      "CREATE UNIQUE INDEX `events_of_task` ON `events` (`task_seq`,`sequence`);",
      "CREATE UNIQUE INDEX `idempotency_keys_once` ON `idempotency_keys` (`client_code`,`key`);",
      "CREATE UNIQUE INDEX `nonces_once` ON `nonces` (`nonce`,`client_code`);",
      "CREATE UNIQUE INDEX `tasks_id` ON `tasks` (`id`);",
      "CREATE INDEX `tasks_ready` ON `tasks` (\"priority\" desc,`seq`,`not_before_ms`) WHERE status = 'PENDING' and not_before_ms is null;",
      "CREATE INDEX `tasks_waiting` ON `tasks` (`not_before_ms`) WHERE status = 'PENDING' and not_before_ms is not null;",
      "CREATE INDEX `tasks_leases` ON `tasks` (`lease_until_ms`) WHERE status = 'RUNNING';",
      "CREATE INDEX `tasks_workers` ON `tasks` (`worker_id`) WHERE status = 'RUNNING';",
      "CREATE INDEX `tasks_by_status` ON `tasks` (`client_code`,`status`,`create_ms`);",
      "CREATE INDEX `tasks_by_profile` ON `tasks` (`client_code`,`profile_name`,`status`,`create_ms`);"
    ]
  },
  {
    "name": "20261126034726_event-progress",
    "statements": [
      "ALTER TABLE `events` ADD `progress` text;"
    ]
  },
  {
    "name": "20261129080848_warnings",
    "statements": [
      "ALTER TABLE `tasks` ADD `warnings` text;"
    ]
  },
  {
    "name": "20261129193519_client-limits",
    "statements": [
      "ALTER TABLE `clients` ADD `weight` integer DEFAULT 1 NOT NULL;",
      "ALTER TABLE `clients` ADD `pending_max` integer;",
      "ALTER TABLE `clients` ADD `running_max` integer;",
      "ALTER TABLE `clients` ADD `requests_per_second` integer;"
    ]
  },
  {
    "name": "20261129194529_fair-queue",
    "statements": [
      "CREATE TABLE `turns` (\n\t`client_code` text PRIMARY KEY,\n\t`debt` integer NOT NULL\n) WITHOUT ROWID;",
      "CREATE INDEX `turns_debt` ON `turns` (`debt`);",
      "ALTER TABLE `tasks` ADD `is_live` integer DEFAULT false NOT NULL;",
      "UPDATE `tasks` SET `is_live` = true WHERE `end_ms` IS NULL AND (`source_url` LIKE 'rtmp://%' OR `source_url` LIKE 'rtmps://%' OR `source_url` LIKE 'rtsp://%' OR `source_url` LIKE 'srt://%' OR `source_url` LIKE 'udp://%');",
      "CREATE TABLE `__new_active_targets` (\n\t`key` text PRIMARY KEY,\n\t`task_seq` integer NOT NULL\n) WITHOUT ROWID;",
      "INSERT INTO `__new_active_targets`(`key`, `task_seq`) SELECT `key`, `task_seq` FROM `active_targets`;",
      "DROP TABLE `active_targets`;",
      "ALTER TABLE `__new_active_targets` RENAME TO `active_targets`;",
      "CREATE TABLE `__new_profile_uses` (\n\t`client_code` text NOT NULL,\n\t`profile_name` text NOT NULL,\n\t`task_seq` integer NOT NULL,\n\tCONSTRAINT `profile_uses_pk` PRIMARY KEY(`client_code`, `profile_name`, `task_seq`)\n) WITHOUT ROWID;",
      "INSERT INTO `__new_profile_uses`(`client_code`, `profile_name`, `task_seq`) SELECT `client_code`, `profile_name`, `task_seq` FROM `profile_uses`;",
      "DROP TABLE `profile_uses`;",
      "ALTER TABLE `__new_profile_uses` RENAME TO `profile_uses`;",
      "DROP INDEX `tasks_ready`;",
      "CREATE INDEX `tasks_ready` ON `tasks` (`client_code`,`is_live`,\"priority\" desc,`seq`,`not_before_ms`) WHERE status = 'PENDING' and not_before_ms is null;",
      "DROP INDEX `tasks_workers`;",
      "CREATE INDEX `tasks_workers` ON `tasks` (`worker_id`,`is_live`) WHERE status = 'RUNNING';",
      "CREATE INDEX `tasks_running` ON `tasks` (`client_code`) WHERE status = 'RUNNING';",
      "CREATE INDEX `tasks_ended` ON `tasks` (`end_ms`) WHERE end_ms is not null;"
    ]
  },
  {
    "name": "20261129200150_client-keys-and-reach",
    "statements": [
      "ALTER TABLE `clients` ADD `is_sealed` integer DEFAULT false NOT NULL;",
      "ALTER TABLE `clients` ADD `second_public_key` text;",
      "ALTER TABLE `clients` ADD `second_private_key` text;",
      "ALTER TABLE `clients` ADD `reach` text;",
      "CREATE INDEX `clients_second_public_key` ON `clients` (`second_public_key`);"
    ]
  },
  {
    "name": "20261129202600_leftovers",
    "statements": [
      "CREATE TABLE `leftovers` (\n\t`seq` integer PRIMARY KEY,\n\t`task_id` text NOT NULL,\n\t`attempt` integer NOT NULL,\n\t`url` text NOT NULL,\n\t`key` text NOT NULL,\n\t`tries` integer NOT NULL,\n\t`not_before_ms` integer NOT NULL\n);"
    ]
  },
  {
    "name": "20261129210416_leftovers-once",
    "statements": [
      "CREATE INDEX `leftovers_of_task` ON `leftovers` (`task_id`);",
      "CREATE INDEX `leftovers_due` ON `leftovers` (`not_before_ms`);"
    ]
  },
  {
    "name": "20261129234221_origin",
    "statements": [
      "ALTER TABLE `tasks` ADD `request_id` text;",
      "ALTER TABLE `tasks` ADD `trace_parent` text;"
    ]
  },
  {
    "name": "20261129234618_task-logs",
    "statements": [
      "CREATE TABLE `task_logs` (\n\t`seq` integer PRIMARY KEY,\n\t`task_seq` integer NOT NULL,\n\t`attempt` integer NOT NULL,\n\t`lines` text NOT NULL,\n\t`decisions` text NOT NULL,\n\tCONSTRAINT `fk_task_logs_task_seq_tasks_seq_fk` FOREIGN KEY (`task_seq`) REFERENCES `tasks`(`seq`)\n);",
      "CREATE UNIQUE INDEX `task_logs_of_task` ON `task_logs` (`task_seq`,`attempt`);"
    ]
  },
  {
    "name": "20261129234829_admin",
    "statements": [
      "ALTER TABLE `clients` ADD `admin` integer DEFAULT false NOT NULL;",
      "ALTER TABLE `clients` ADD `seed` text;",
      "CREATE INDEX `tasks_unsuccessful` ON `tasks` (`status`,`id`) WHERE status = 'FAILED' or status = 'CANCELLED';"
    ]
  },
  {
    "name": "20261129235030_notifications",
    "statements": [
      "CREATE TABLE `deliveries` (\n\t`task_seq` integer NOT NULL,\n\t`sequence` integer NOT NULL,\n\t`state` text NOT NULL,\n\t`since_ms` integer NOT NULL,\n\t`tries` integer NOT NULL,\n\t`last_ms` integer,\n\t`http_status` integer,\n\t`detail` text,\n\tCONSTRAINT `deliveries_pk` PRIMARY KEY(`task_seq`, `sequence`)\n) WITHOUT ROWID;",
      "CREATE TABLE `notifications` (\n\t`task_seq` integer PRIMARY KEY,\n\t`client_code` text NOT NULL,\n\t`sequence` integer NOT NULL,\n\t`due_ms` integer,\n\t`hold` text,\n\t`fence` integer NOT NULL\n);",
      "ALTER TABLE `clients` ADD `notification` text;",
      "ALTER TABLE `clients` ADD `webhook_secrets` text;",
      "ALTER TABLE `tasks` ADD `notification` text;",
      "CREATE INDEX `deliveries_pending` ON `deliveries` (`task_seq`,`sequence`) WHERE state = 'PENDING';",
      "CREATE INDEX `notifications_due` ON `notifications` (`client_code`,`due_ms`) WHERE due_ms is not null;"
    ]
  },
  {
    "name": "20261130033900_task-extras",
    "statements": [
      "ALTER TABLE `tasks` ADD `extras` text;"
    ]
  },
  {
    "name": "20261130092317_watched-files",
    "statements": [
      "CREATE TABLE `watched_files` (\n\t`watch` text NOT NULL,\n\t`path` text NOT NULL,\n\t`version` text NOT NULL,\n\t`target_key` text NOT NULL,\n\t`task_id` text NOT NULL,\n\t`gone_ms` integer,\n\tCONSTRAINT `watched_files_pk` PRIMARY KEY(`watch`, `path`, `version`)\n) WITHOUT ROWID;",
      "CREATE INDEX `watched_files_by_target` ON `watched_files` (`target_key`);"
    ]
  }
];
