CREATE TABLE `turns` (
	`client_code` text PRIMARY KEY,
	`debt` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `turns_debt` ON `turns` (`debt`);--> statement-breakpoint
ALTER TABLE `tasks` ADD `is_live` integer DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE `tasks` SET `is_live` = true WHERE `end_ms` IS NULL AND (`source_url` LIKE 'rtmp://%' OR `source_url` LIKE 'rtmps://%' OR `source_url` LIKE 'rtsp://%' OR `source_url` LIKE 'srt://%' OR `source_url` LIKE 'udp://%');--> statement-breakpoint
CREATE TABLE `__new_active_targets` (
	`key` text PRIMARY KEY,
	`task_seq` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_active_targets`(`key`, `task_seq`) SELECT `key`, `task_seq` FROM `active_targets`;--> statement-breakpoint
DROP TABLE `active_targets`;--> statement-breakpoint
ALTER TABLE `__new_active_targets` RENAME TO `active_targets`;--> statement-breakpoint
CREATE TABLE `__new_profile_uses` (
	`client_code` text NOT NULL,
	`profile_name` text NOT NULL,
	`task_seq` integer NOT NULL,
	CONSTRAINT `profile_uses_pk` PRIMARY KEY(`client_code`, `profile_name`, `task_seq`)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_profile_uses`(`client_code`, `profile_name`, `task_seq`) SELECT `client_code`, `profile_name`, `task_seq` FROM `profile_uses`;--> statement-breakpoint
DROP TABLE `profile_uses`;--> statement-breakpoint
ALTER TABLE `__new_profile_uses` RENAME TO `profile_uses`;--> statement-breakpoint
DROP INDEX `tasks_ready`;--> statement-breakpoint
CREATE INDEX `tasks_ready` ON `tasks` (`client_code`,`is_live`,"priority" desc,`seq`,`not_before_ms`) WHERE status = 'PENDING' and not_before_ms is null;--> statement-breakpoint
DROP INDEX `tasks_workers`;--> statement-breakpoint
CREATE INDEX `tasks_workers` ON `tasks` (`worker_id`,`is_live`) WHERE status = 'RUNNING';--> statement-breakpoint
CREATE INDEX `tasks_running` ON `tasks` (`client_code`) WHERE status = 'RUNNING';--> statement-breakpoint
CREATE INDEX `tasks_ended` ON `tasks` (`end_ms`) WHERE end_ms is not null;