ALTER TABLE `clients` ADD `admin` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `clients` ADD `seed` text;--> statement-breakpoint
CREATE INDEX `tasks_unsuccessful` ON `tasks` (`status`,`id`) WHERE status = 'FAILED' or status = 'CANCELLED';