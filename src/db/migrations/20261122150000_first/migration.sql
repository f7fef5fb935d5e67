CREATE TABLE `active_targets` (
	`key` text PRIMARY KEY,
	`task_seq` integer NOT NULL,
	CONSTRAINT `fk_active_targets_task_seq_tasks_seq_fk` FOREIGN KEY (`task_seq`) REFERENCES `tasks`(`seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `clients` (
	`client_code` text PRIMARY KEY,
	`public_key` text NOT NULL,
	`private_key` text NOT NULL,
	`strong_only` integer NOT NULL,
	`disabled` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY,
	`task_seq` integer NOT NULL,
	`sequence` integer NOT NULL,
	`time_ms` integer NOT NULL,
	`type` text NOT NULL,
	`status` text NOT NULL,
	`attempt` integer NOT NULL,
	`failure` text,
	`target` integer,
	`target_status` text,
	CONSTRAINT `fk_events_task_seq_tasks_seq_fk` FOREIGN KEY (`task_seq`) REFERENCES `tasks`(`seq`)
);
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`seq` integer PRIMARY KEY,
	`client_code` text NOT NULL,
	`key` text NOT NULL,
	`body_digest` text NOT NULL,
	`task_id` text NOT NULL,
	`expires_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `nonces` (
	`seq` integer PRIMARY KEY,
	`client_code` text NOT NULL,
	`nonce` text NOT NULL,
	`expires_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `profile_uses` (
	`client_code` text NOT NULL,
	`profile_name` text NOT NULL,
	`task_seq` integer NOT NULL,
	CONSTRAINT `profile_uses_pk` PRIMARY KEY(`client_code`, `profile_name`, `task_seq`),
	CONSTRAINT `fk_profile_uses_task_seq_tasks_seq_fk` FOREIGN KEY (`task_seq`) REFERENCES `tasks`(`seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `profiles` (
	`client_code` text NOT NULL,
	`name` text NOT NULL,
	`profile` text NOT NULL,
	`create_ms` integer NOT NULL,
	CONSTRAINT `profiles_pk` PRIMARY KEY(`client_code`, `name`)
);
--> statement-breakpoint
CREATE TABLE `tasks` (
	`seq` integer PRIMARY KEY,
	`id` text NOT NULL,
	`client_code` text NOT NULL,
	`profile_name` text NOT NULL,
	`status` text NOT NULL,
	`priority` integer NOT NULL,
	`create_ms` integer NOT NULL,
	`start_ms` integer,
	`end_ms` integer,
	`not_before_ms` integer,
	`attempt` integer NOT NULL,
	`failures` integer NOT NULL,
	`cancel_requested` integer NOT NULL,
	`worker_id` text,
	`lease_until_ms` integer,
	`engine` text,
	`event_sequence` integer NOT NULL,
	`failure` text,
	`progress` text,
	`attempts` text NOT NULL,
	`targets` text NOT NULL,
	`source_url` text NOT NULL,
	`timeout_seconds` integer,
	`metadata` text,
	`clip` text,
	`custom_profiles` text NOT NULL,
	`assignments` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `clients_public_key` ON `clients` (`public_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `events_of_task` ON `events` (`task_seq`,`sequence`);--> statement-breakpoint
CREATE UNIQUE INDEX `idempotency_keys_once` ON `idempotency_keys` (`client_code`,`key`);--> statement-breakpoint
CREATE UNIQUE INDEX `nonces_once` ON `nonces` (`nonce`,`client_code`);--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_id` ON `tasks` (`id`);--> statement-breakpoint
CREATE INDEX `tasks_ready` ON `tasks` ("priority" desc,`seq`,`not_before_ms`) WHERE status = 'PENDING' and not_before_ms is null;--> statement-breakpoint
CREATE INDEX `tasks_waiting` ON `tasks` (`not_before_ms`) WHERE status = 'PENDING' and not_before_ms is not null;--> statement-breakpoint
CREATE INDEX `tasks_leases` ON `tasks` (`lease_until_ms`) WHERE status = 'RUNNING';--> statement-breakpoint
CREATE INDEX `tasks_workers` ON `tasks` (`worker_id`) WHERE status = 'RUNNING';--> statement-breakpoint
CREATE INDEX `tasks_by_status` ON `tasks` (`client_code`,`status`,`create_ms`);--> statement-breakpoint
CREATE INDEX `tasks_by_profile` ON `tasks` (`client_code`,`profile_name`,`status`,`create_ms`);