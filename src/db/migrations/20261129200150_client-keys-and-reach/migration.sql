ALTER TABLE `clients` ADD `is_sealed` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `clients` ADD `second_public_key` text;--> statement-breakpoint
ALTER TABLE `clients` ADD `second_private_key` text;--> statement-breakpoint
ALTER TABLE `clients` ADD `reach` text;--> statement-breakpoint
CREATE INDEX `clients_second_public_key` ON `clients` (`second_public_key`);