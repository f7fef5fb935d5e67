CREATE TABLE `deliveries` (
	`task_seq` integer NOT NULL,
	`sequence` integer NOT NULL,
	`state` text NOT NULL,
	`since_ms` integer NOT NULL,
	`tries` integer NOT NULL,
	`last_ms` integer,
	`http_status` integer,
	`detail` text,
	CONSTRAINT `deliveries_pk` PRIMARY KEY(`task_seq`, `sequence`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `notifications` (
	`task_seq` integer PRIMARY KEY,
	`client_code` text NOT NULL,
	`sequence` integer NOT NULL,
	`due_ms` integer,
	`hold` text,
	`fence` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `clients` ADD `notification` text;--> statement-breakpoint
ALTER TABLE `clients` ADD `webhook_secrets` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `notification` text;--> statement-breakpoint
CREATE INDEX `deliveries_pending` ON `deliveries` (`task_seq`,`sequence`) WHERE state = 'PENDING';--> statement-breakpoint
CREATE INDEX `notifications_due` ON `notifications` (`client_code`,`due_ms`) WHERE due_ms is not null;