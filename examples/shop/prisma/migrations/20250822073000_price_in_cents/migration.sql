-- AlterTable
ALTER TABLE "Product" ALTER COLUMN "price" SET DATA TYPE BIGINT;

UPDATE "Product" SET "price" = "price" * 100;
